import type { Operation } from '@ai-gateway/shared/operation';
import { chatOutput, chatSample, chatStep } from '@ai-gateway/shared/steps/chat-form';
import { chatCommunication } from './chat-communication.ts';
import { chatParameters } from './chat-form.ts';
import { type Component, componentId, connectionId } from './component.ts';
import { makeInterface } from './make-interface.ts';

/** The chat completion: its form is the shared step's, its request is IML. */
export function chatModule(operation: Operation): Component {
  return {
    kind: 'module',
    id: componentId(operation.id),
    about: {
      ...chatStep,
      moduleType: 'action',
      actionCrud: 'create',
      connection: connectionId,
      altConnection: null,
    },
    code: {
      communication: chatCommunication(operation),
      staticParams: [],
      mappableParams: chatParameters,
      interface: makeInterface(chatOutput),
      samples: chatSample,
    },
  };
}
