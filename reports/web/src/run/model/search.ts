// Binary search in sorted numbers.

/** The place of the first number that is not below `value`. */
export function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let from = 0;
  let until = sorted.length;
  while (from < until) {
    const middle = (from + until) >>> 1;
    if (sorted[middle]! < value) from = middle + 1;
    else until = middle;
  }
  return from;
}

/** The place of the first number that is above `value`. */
export function upperBound(sorted: ArrayLike<number>, value: number): number {
  let from = 0;
  let until = sorted.length;
  while (from < until) {
    const middle = (from + until) >>> 1;
    if (sorted[middle]! <= value) from = middle + 1;
    else until = middle;
  }
  return from;
}

/** The highest of each number and all before it. */
export function highestYet(values: Float64Array): Float64Array {
  const highest = new Float64Array(values.length);
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) highest[i] = most = Math.max(most, values[i]!);
  return highest;
}
