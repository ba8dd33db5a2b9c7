/**
 * Must this be awaited? `await` puts a function off to a later microtask, with a promise and a closure of its own, even where the
 * value is there. Tags, settings and budgets are in memory for nearly every call, so the path of a call awaits a promise only.
 */
export function isPending<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise;
}
