/** The elements that a test lets through: nearly always all of them, and then no other list is made. */
export function only<Element>(all: readonly Element[], isWanted: (element: Element) => boolean): readonly Element[] {
  return all.every(isWanted) ? all : all.filter(isWanted);
}
