/** Does something for each element, at most `width` at a time; results in the order of the elements. */
export async function inParallel<T, R>(
  elements: readonly T[],
  width: number,
  run: (element: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = elements.entries();
  const worker = async (): Promise<void> => {
    for (const [index, element] of queue) results[index] = await run(element);
  };
  await Promise.all(Array.from({ length: Math.min(width, elements.length) }, worker));
  return results;
}
