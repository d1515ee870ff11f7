// What the viewer uses of @novnc/novnc 1.7 (docs/API.md); the published types are for an older layout of the package.
declare module '@novnc/novnc' {
  import type { RawChannel } from './raw-channel.ts';

  export interface Credentials {
    readonly username?: string;
    readonly password?: string;
    readonly target?: string;
  }

  export interface RfbEvents {
    connect: CustomEvent<unknown>;
    disconnect: CustomEvent<{ readonly clean: boolean }>;
    credentialsrequired: CustomEvent<{ readonly types: readonly string[] }>;
    securityfailure: CustomEvent<{ readonly status: number; readonly reason?: string }>;
    clipboard: CustomEvent<{ readonly text: string }>;
    desktopname: CustomEvent<{ readonly name: string }>;
  }

  class RFB extends EventTarget {
    constructor(
      target: HTMLElement,
      channel: RawChannel,
      options?: { readonly shared?: boolean; readonly credentials?: Credentials },
    );
    viewOnly: boolean;
    focusOnClick: boolean;
    clipViewport: boolean;
    dragViewport: boolean;
    scaleViewport: boolean;
    resizeSession: boolean;
    showDotCursor: boolean;
    background: string;
    addEventListener<T extends keyof RfbEvents>(type: T, listener: (event: RfbEvents[T]) => void): void;
    disconnect(): void;
    sendCredentials(credentials: Credentials): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    focus(options?: FocusOptions): void;
    blur(): void;
    clipboardPasteFrom(text: string): void;
    toDataURL(type?: string, quality?: number): string;
    toBlob(callback: (blob: Blob | null) => void, type?: string, quality?: number): void;
  }
  export { RFB as default };
}
