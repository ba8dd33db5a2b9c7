import { type Arrow, circlesIn } from './read-house.ts';

/** Each room's floor, counted from the ground, which is 0. */
export type Floors = ReadonlyMap<string, number>;

/**
 * The floors that the arrows themselves suggest: an order of the rooms in which few arrows run up, then every room right above the highest that it
 * imports. A house without circles has none that run up.
 */
export function findFloors(rooms: readonly string[], arrows: readonly Arrow[]): Floors {
  const order = orderWithFewArrowsUp(rooms, arrows);
  const floors = new Map<string, number>();
  for (const room of order.toReversed()) {
    const below = arrows.filter(({ from, to }) => from === room && floors.has(to)).map(({ to }) => floors.get(to) ?? 0);
    floors.set(room, Math.max(-1, ...below) + 1);
  }
  return floors;
}

/** From the roof down. Rooms that reach one another are sifted: each is moved to its best place until none has a better one. */
function orderWithFewArrowsUp(rooms: readonly string[], arrows: readonly Arrow[]): string[] {
  let best = [...rooms];
  let bestCost = cost(best, arrows);
  for (const start of startsFor(rooms, arrows)) {
    const order = sift(start, arrows);
    const orderCost = cost(order, arrows);
    if (orderCost < bestCost) [best, bestCost] = [order, orderCost];
  }
  return best;
}

function startsFor(rooms: readonly string[], arrows: readonly Arrow[]): string[][] {
  const inCircles = new Set(circlesIn(arrows).flat());
  const imported = (room: string): number => arrows.filter(({ to }) => to === room).length;
  const importing = (room: string): number => arrows.filter(({ from }) => from === room).length;
  const byBalance = rooms.toSorted((a, b) => imported(a) - importing(a) - (imported(b) - importing(b)));
  // A few starts more, the same every time.
  const turned = [...Array(inCircles.size === 0 ? 0 : 12).keys()].map((turn) => {
    const at = Math.floor((turn * rooms.length) / 12);
    return [...byBalance.slice(at), ...byBalance.slice(0, at)];
  });
  return [byBalance, ...turned];
}

function sift(start: readonly string[], arrows: readonly Arrow[]): string[] {
  let order = [...start];
  for (let better = true; better; ) {
    better = false;
    for (const room of start) {
      const others = order.filter((other) => other !== room);
      const costs = [...Array(order.length).keys()].map((at) =>
        cost([...others.slice(0, at), room, ...others.slice(at)], arrows),
      );
      const lowest = Math.min(...costs);
      if (lowest < cost(order, arrows)) {
        const at = costs.indexOf(lowest);
        order = [...others.slice(0, at), room, ...others.slice(at)];
        better = true;
      }
    }
  }
  return order;
}

/** Arrows up, and between two orders with as many the one with fewer imports in them. */
function cost(order: readonly string[], arrows: readonly Arrow[]): number {
  const at = new Map(order.map((room, index) => [room, index]));
  return arrows.reduce(
    (sum, { from, to, count }) => ((at.get(from) ?? 0) > (at.get(to) ?? 0) ? sum + 1 + count / 1000 : sum),
    0,
  );
}

export function arrowsUp(arrows: readonly Arrow[], floors: Floors): Arrow[] {
  return arrows.filter(({ from, to }) => (floors.get(to) ?? 0) > (floors.get(from) ?? 0));
}
