/** Saves a blob as a file of the person's downloads. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll(/[/\\:*?"<>|\p{Cc}]/gu, '_');
  link.click();
  // The browser has begun to read the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
