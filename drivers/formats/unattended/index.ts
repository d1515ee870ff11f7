export { autoinstall } from './autoinstall.ts';
export { kickstart, type KickstartInstall } from './kickstart.ts';
export type { AnswerMedia, LinuxInstall } from './model.ts';
export { debianPreseed, type DebianInstall } from './preseed.ts';
export { autounattend, type WindowsInstall } from './windows.ts';
