export { autoinstall } from './autoinstall.ts';
export { kickstart, type KickstartInstall } from './kickstart.ts';
export type { AnswerMedia, LinuxInstall } from './model.ts';
export { debianPreseed } from './preseed.ts';
export { autounattend, type WindowsInstall } from './windows.ts';
