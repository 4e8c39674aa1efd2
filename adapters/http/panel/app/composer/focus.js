/** Where one writes: for acts that end there. */
let field = null;

export const composerIs = (element) => (field = element);

/** Put the caret into the composer, as soon as it is there. */
export function focusComposer() {
  setTimeout(() => field?.isConnected && field.focus(), 60);
}
