/** What is done again and again, and may fail at times: never rejects; why it failed is told, and not once more until it has gone well, or fails by something else. */
export function toldOnce(run: () => Promise<void>, onFault: (error: unknown) => void): () => Promise<void> {
  let told = '';
  return async () => {
    try {
      await run();
      told = '';
    } catch (error) {
      if (told !== String(error)) onFault(error);
      told = String(error);
    }
  };
}
