import type { Field } from '@ai-gateway/shared/fields';
import { chatForm } from '@ai-gateway/shared/steps/chat-form';
import type { Bundle, PlainInputField } from 'zapier-platform-core';
import { zapierField } from './zapier-field.ts';

/** Zapier asks again for the fields of a form that are functions, whenever a field that alters them changes. */
type FormField = PlainInputField | ((z: unknown, bundle: Bundle) => PlainInputField[]);

const fields = chatForm('zapier');
const altering = new Set(fields.flatMap(({ visibleWhen }) => visibleWhen?.field ?? []));

/** The form of the shared step. A field that another one brings up is a function, which shows it once it is wanted. */
export const chatInputs: readonly FormField[] = fields.map((field) => {
  const { visibleWhen } = field;
  if (visibleWhen === undefined) return inputField(field);
  // On first sight of a form nothing is filled in yet.
  return (_z: unknown, { inputData }: Bundle) =>
    inputData?.[visibleWhen.field] === visibleWhen.is ? [inputField(field)] : [];
});

function inputField(field: Field): PlainInputField {
  const isTyped = field.options === undefined && field.placeholder !== undefined;
  return {
    ...zapierField(field),
    // Zapier gives a file as an address to load it from.
    ...(field.key === 'files' ? { type: 'file' } : {}),
    ...(isTyped ? { placeholder: field.placeholder } : {}),
    ...(altering.has(field.key) ? { altersDynamicFields: true } : {}),
  };
}
