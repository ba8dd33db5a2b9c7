import type { Operation } from '@ai-gateway/shared/operation';

interface Schema {
  format?: string;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

/** The fields of an object that hold a day or a moment: Make has dates of its own for them. */
export function momentsOf(schema: Operation['input']): ReadonlySet<string> {
  return momentsIn(schema.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as Schema);
}

/** The same of its groups, by key. Those in a list stay text: IML cannot change an item of a list in place. */
export function momentsOfGroups(schema: Operation['output']): ReadonlyMap<string, ReadonlySet<string>> {
  const { properties = {} } = schema.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as Schema;
  const groups = Object.entries(properties).map(([key, { anyOf, ...own }]) => {
    const group = anyOf?.find((shape) => shape.properties !== undefined) ?? own;
    return [key, momentsIn(group)] as const;
  });
  return new Map(groups.filter(([, moments]) => moments.size > 0));
}

/** The same of one row of a page. */
export function momentsOfRows(schema: Operation['output']): ReadonlySet<string> {
  const page = schema.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as Schema;
  return momentsIn(page.properties?.data?.items ?? {});
}

function momentsIn({ properties = {} }: Schema): ReadonlySet<string> {
  return new Set(Object.keys(properties).filter((key) => isMoment(properties[key] ?? {})));
}

/** A field that takes other texts as well (an event's id, say) stays text. */
function isMoment({ format, anyOf }: Schema): boolean {
  const shapes = anyOf?.filter((shape) => (shape as { type?: string }).type !== 'null');
  return shapes === undefined ? format === 'date' || format === 'date-time' : shapes.every(isMoment);
}
