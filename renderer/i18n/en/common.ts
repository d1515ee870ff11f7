export const common = {
  copy: 'Copy',
  copied: 'Copied',
  copyThing: 'Copy {{thing}}',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  more: 'More',
  demo: 'Demo',
  container: 'Container',
  reset: 'Reset',
  yes: 'yes',
  no: 'no',
  ago: '{{age}} ago',
  resize: 'Resize {{what}}',
  /** The machine that a sheet is about. */
  gone: {
    deleted:
      '{{name}} is no longer on {{host}}: it was deleted meanwhile. Close this, and choose another machine in the list.',
    moved: '{{name}} was moved to {{host}} meanwhile.',
    goOn: 'Go on with it there',
    away: '{{host}} is not connected, so {{name}} is not known. When it is connected again this goes on.',
    nothing: 'Nothing is done.',
  },
};
