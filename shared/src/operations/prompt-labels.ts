import { z } from 'zod';
import { operation } from '../operation.ts';
import { isoTime, nothing, numberOrText } from './common.ts';
import { author, labelName, note, promptId, sampleAuthor, versionNumber } from './prompt-shapes.ts';

const movedLabel = z.object({
  label: z.string().meta({ title: 'Label', description: 'Name of the label.' }),
  version: versionNumber,
  previous_version: z
    .number()
    .int()
    .nullable()
    .meta({ title: 'Previous version', description: 'The version it pointed at before; null for none.' }),
  changed_at: isoTime.meta({ title: 'Changed at', description: 'Time of the last change.' }),
  changed_by: author,
});
const expected = (text: string) =>
  numberOrText(z.number().int().min(0).max(1_000_000_000))
    .optional()
    .meta({ title: 'Expected version', description: text });

export const setLabel = operation({
  id: 'prompts.labels.set',
  method: 'PUT',
  path: '/v1/prompts/:id/labels/:label',
  group: 'Prompts',
  label: 'Move a label of a prompt',
  description: 'Points a label at a version: the next call uses it. Going back to an older version is the same call.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({
    id: promptId,
    label: labelName,
    version: versionNumber,
    expected_version: expected('Refuse with 409 unless the label points at this version; 0: unless it is new.'),
    note: note.default(''),
  }),
  output: movedLabel,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: {
    input: { id: 'support-reply', label: 'production', version: 7, expected_version: 6 },
    output: {
      label: 'production',
      version: 7,
      previous_version: 6,
      changed_at: '2026-11-01T08:05:00.000Z',
      changed_by: sampleAuthor,
    },
  },
  wrong: [
    { input: { id: 'support-reply', label: 'production' }, because: 'a label points at a version' },
    { input: { id: 'support-reply', label: 'Two words', version: 7 }, because: 'a label has no spaces' },
  ],
});

export const removeLabel = operation({
  id: 'prompts.labels.remove',
  method: 'DELETE',
  path: '/v1/prompts/:id/labels/:label',
  group: 'Prompts',
  label: 'Delete a label of a prompt',
  description: 'Deletes a label. Calls that name it are refused; versions stay.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  status: 204,
  input: z.strictObject({
    id: promptId,
    label: labelName,
    expected_version: expected('Refuse with 409 unless the label points at this version.'),
  }),
  output: nothing,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'support-reply', label: 'staging' }, output: null },
  wrong: [
    { input: { id: 'support-reply' }, because: 'it needs to know which label' },
    { input: { id: 'support-reply', label: 'staging', force: true }, because: 'unknown fields are refused' },
  ],
});
