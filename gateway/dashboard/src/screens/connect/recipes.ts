import type { Way } from './ways.ts';

const guides = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs';

/** A value to copy; `own` describes one that only the person knows. */
type Field = readonly [name: string, value: string, isOwn?: 'own'];

/** How a platform calls the gateway by its own means, field by field. */
export interface Recipe {
  /** The module, node or step to add. */
  add: string;
  fields: (place: { address: string; apiKey: string }) => readonly Field[];
  then: string;
  /** Our app for it, which asks for less and shows more. */
  app?: { text: string; guide: string };
  /** Runs elsewhere than the browser: an address of this computer is none for it. */
  away?: string;
  /** The address of this computer for a program in a container on it, by the port. */
  nearby?: (port: string) => string;
}

const body = '{"model": "auto", "messages": [{"role": "user", "content": "Is this an invoice? One word."}]}';

/** Without the apps: until they are listed in the directories of the platforms, anybody can begin here. */
export const recipes: Readonly<Record<Way, Recipe>> = {
  make: {
    add: 'Add the module HTTP, Make a request, to a scenario, and fill in:',
    fields: ({ address, apiKey }) => [
      ['URL', `${address}/v1/chat/completions`],
      ['Method', 'POST'],
      ['Header Authorization', `Bearer ${apiKey}`],
      ['Header X-Scenario-ID', '{{var.scenario.id}}'],
      ['Header X-Scenario-Platform', 'make'],
      ['Header X-Client-ID', 'the client, such as acme', 'own'],
      ['Body (application/json)', body],
    ],
    then: 'Run it once. Choose “Parse response: Yes”: the answer is in choices, message, content.',
    app: { text: 'The app AI Gateway for Make fills all of this in.', guide: `${guides}/make.md` },
    away: 'Make cannot reach it',
  },
  zapier: {
    add: 'Add the step Webhooks by Zapier, Custom Request, to a Zap, and fill in:',
    fields: ({ address, apiKey }) => [
      ['Method', 'POST'],
      ['URL', `${address}/v1/chat/completions`],
      ['Data', body],
      ['Header Authorization', `Bearer ${apiKey}`],
      ['Header Content-Type', 'application/json'],
      ['Header X-Scenario-ID', 'a name for this Zap', 'own'],
      ['Header X-Client-ID', 'the client, such as acme', 'own'],
    ],
    then: 'Test the step: the answer is in choices, message, content.',
    app: { text: 'The app AI Gateway for Zapier fills all of this in.', guide: `${guides}/zapier.md` },
    away: 'Zapier cannot reach it',
  },
  n8n: {
    add: 'Create the credential OpenAI, and use it in any OpenAI node:',
    fields: ({ address, apiKey }) => [
      ['API Key', apiKey],
      ['Base URL', `${address}/v1`],
      ['Custom header, name', 'X-Scenario-ID'],
      ['Custom header, value', '={{ $workflow.id }}'],
    ],
    then: 'Run the workflow once. Models keep their names, and “auto” chooses one.',
    app: { text: 'The node n8n-nodes-ai-gateway adds costs, budgets and prompts.', guide: `${guides}/n8n.md` },
    away: 'n8n in the cloud cannot reach it',
    nearby: (port) => `n8n in a container on this computer reaches it at http://host.docker.internal:${port}/v1.`,
  },
  code: {
    add: 'In any OpenAI or Anthropic SDK, set two things:',
    fields: ({ address, apiKey }) => [
      ['Base URL', `${address}/v1`],
      ['API key', apiKey],
    ],
    then: 'Name the client and the scenario with the headers x-client-id and x-scenario-id.',
  },
};
