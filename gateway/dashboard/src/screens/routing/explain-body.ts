/** The call to explain, as it is typed. Pure. */

export interface ExplainDraft {
  model: string;
  text: string;
  system: string;
  clientId: string;
  scenarioId: string;
  project: string;
  /** JSON in the place of all the others. */
  body: string;
}

/** Undefined where the body is not JSON. */
export function bodyOf(draft: ExplainDraft): Record<string, unknown> | undefined {
  if (draft.body.trim() !== '') {
    try {
      const body: unknown = JSON.parse(draft.body);
      return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : undefined;
    } catch {
      return undefined;
    }
  }
  const tags = { client_id: draft.clientId, scenario_id: draft.scenarioId, project: draft.project };
  return {
    model: draft.model.trim() === '' ? 'auto' : draft.model.trim(),
    messages: [
      ...(draft.system.trim() === '' ? [] : [{ role: 'system', content: draft.system }]),
      { role: 'user', content: draft.text.trim() === '' ? 'Hello' : draft.text },
    ],
    ...Object.fromEntries(
      Object.entries(tags).flatMap(([tag, value]) => (value.trim() === '' ? [] : [[tag, value.trim()]])),
    ),
  };
}
