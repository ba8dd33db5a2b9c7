import { chatForm } from '@ai-gateway/shared/steps/chat-form';
import { stepField } from '@ai-gateway/shared/steps/step-field';
import type { INodeProperties } from 'n8n-workflow';
import { n8nProperty } from './n8n-property.ts';
import { optionsOf, stepProperty } from './n8n-step.ts';

const fields = chatForm('n8n');
const ofChat = { resource: ['chat'], operation: ['complete'] };

/** The form of the shared step: what is seldom needed under Options, a field that another one brings up shown with it. */
export function chatProperties(): INodeProperties[] {
  return [
    ...fields
      .filter(({ advanced }) => advanced !== true)
      .map((field) => {
        const { visibleWhen } = field;
        const when = visibleWhen === undefined ? {} : { [nameOf(visibleWhen.field)]: [visibleWhen.is] };
        return stepProperty(field, { show: { ...ofChat, ...when } });
      }),
    { ...optionsOf(fields.filter(({ advanced }) => advanced === true)), displayOptions: { show: ofChat } },
  ];
}

function nameOf(key: string): string {
  return n8nProperty(stepField({ key, label: key })).name;
}
