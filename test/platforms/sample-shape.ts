/** Objects whose keys are the workspace's own: a scope, a condition, the JSON of an answer, an event's data, any answer of the API. */
const ownKeys = /(^|\.)(scope|json|when|body|data\.data)$/;
/** An arm has what it sets, and no more. */
const ofArms: ReadonlySet<string> = new Set(['model', 'prompt', 'effort', 'dial']);

/**
 * Where a sample and a real answer differ: the paths of fields that only one of them has. Null is any value that is missing, and of a list
 * the first line counts.
 */
export function shapeDifferences(sample: unknown, answer: unknown, path = ''): string[] {
  if (Array.isArray(sample) && Array.isArray(answer))
    return sample.length === 0 || answer.length === 0 ? [] : shapeDifferences(sample[0], answer[0], path);
  if (!isObject(sample) || !isObject(answer) || ownKeys.test(path)) return [];
  return [...new Set([...Object.keys(sample), ...Object.keys(answer)])].flatMap((key) => {
    const inner = path === '' ? key : `${path}.${key}`;
    if (/(^|\.)arms$/.test(path) && ofArms.has(key)) return [];
    if (!(key in sample)) return [`${inner} is not in the sample`];
    if (!(key in answer)) return [`${inner} is only in the sample`];
    return shapeDifferences(sample[key], answer[key], inner);
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
