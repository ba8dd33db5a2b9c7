/**
 * Values that belong to a view of the database (the budgets, the policy of a workspace), for as long as the view is in use. Keys come from callers, and
 * there is a view for each workspace: the bound is over all of them, and where it is reached all is put together once more.
 */
export class OfViews<View extends object, Value> {
  readonly #most: number;
  #ofView = new WeakMap<View, Map<string, Value>>();
  /** Those of views that are gone included. */
  #count = 0;

  constructor({ most }: { most: number }) {
    this.#most = most;
  }

  get(view: View, key: string): Value | undefined {
    return this.#ofView.get(view)?.get(key);
  }

  set(view: View, key: string, value: Value): void {
    if (this.#count >= this.#most) {
      this.#ofView = new WeakMap();
      this.#count = 0;
    }
    const values = this.#ofView.get(view) ?? new Map<string, Value>();
    if (!values.has(key)) this.#count += 1;
    this.#ofView.set(view, values.set(key, value));
  }
}
