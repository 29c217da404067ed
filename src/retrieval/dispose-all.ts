/** Disposes of the resources, last first. If some fail, the others are still disposed of; throws the first error. */
export async function disposeAll(resources: readonly AsyncDisposable[]): Promise<void> {
  const failures: unknown[] = [];
  for (const each of resources.toReversed()) {
    try {
      await each[Symbol.asyncDispose]();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
