/** Something that clients of the vendors may ask for and the gateway does not have on purpose. docs/compatibility.md lists them. */
export interface NotOffered {
  name: string;
  /** Requests that find it, for the page and its tests. */
  examples: readonly string[];
  path: RegExp;
  /** The advice: whole sentences. */
  instead: string;
  /** Why not, for the page. */
  why: string;
  /** Of Anthropic's API alone, so that Anthropic's packages read the answer. */
  anthropic?: true;
}

const useChat = "Use POST /v1/chat/completions, or POST /v1/messages in Anthropic's form.";
const askVendor = 'Call the provider itself for it.';
const unpriced = 'It has no price by the token, so no budget could hold it.';
const stateful = "It keeps data at one vendor, so neither failover nor a client's lock could apply to it.";
const otherAddress = 'One address and three dialects reach every provider; a further dialect adds no model.';

/** The first that matches counts. The paths are plain ones: one `/v1` at most, and perhaps none. */
export const notOffered: readonly NotOffered[] = [
  {
    name: 'text completions',
    examples: ['POST /v1/completions', 'POST /v1/engines/davinci/completions', 'POST /v1/edits'],
    path: /^(\/v1)?\/(completions|engines|edits)(\/|$)/,
    instead: useChat,
    why: "Today's models answer chat only.",
  },
  {
    name: "Anthropic's text completions",
    examples: ['POST /v1/complete'],
    path: /^(\/v1)?\/complete$/,
    instead: 'Use POST /v1/messages.',
    why: "Today's models answer messages only.",
    anthropic: true,
  },
  {
    name: "Azure's addresses",
    examples: ['POST /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21', 'POST /openai/v1/responses'],
    path: /^(\/v1)?\/openai(\/|$)/,
    instead:
      'Use OpenAI\'s own client (OpenAI, not AzureOpenAI) with the base URL of this gateway, which ends in /v1, and name the model in "model".',
    why: otherAddress,
  },
  {
    name: "Gemini's addresses",
    examples: [
      'POST /v1beta/models/gemini-3.5-flash:generateContent',
      'POST /v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse',
      'POST /v1/models/gemini-3.5-flash:generateContent',
      'POST /v1beta/openai/chat/completions',
      'POST /upload/v1beta/files',
    ],
    path: /^(\/upload)?\/v1(beta|alpha)\d?(\/|$)|^\/v1\/(models|tunedModels)\/.+:\w+$/,
    instead: 'Use POST /v1/chat/completions with the name of the Gemini model in "model".',
    why: otherAddress,
  },
  {
    name: "Vertex AI's addresses",
    examples: [
      'POST /v1/projects/acme/locations/europe-west4/publishers/google/models/gemini-3.5-flash:generateContent',
    ],
    path: /^\/v1\/projects\/[^/]+\/locations\//,
    instead: useChat,
    why: otherAddress,
  },
  {
    name: "Bedrock's addresses",
    examples: ['POST /model/anthropic.claude-sonnet-4-6/converse', 'POST /model/anthropic.claude-sonnet-4-6/invoke'],
    path: /^\/model\/.+\/(converse|converse-stream|invoke|invoke-with-response-stream)$/,
    instead: useChat,
    why: otherAddress,
  },
  {
    name: "Ollama's addresses",
    examples: ['POST /api/chat', 'POST /api/generate', 'GET /api/tags'],
    path: /^\/api\/(chat|generate|tags|embed|embeddings|show|ps|version)$/,
    instead: 'Use POST /v1/chat/completions; GET /v1/models lists the models.',
    why: otherAddress,
  },
  {
    name: 'batches of messages',
    examples: ['POST /v1/messages/batches', 'GET /v1/messages/batches/msgbatch_1/results'],
    path: /^\/v1\/messages\/batches(\/|$)/,
    instead: 'Send each message to POST /v1/messages.',
    why: 'A batch is billed a day later, so no budget could hold it.',
    anthropic: true,
  },
  {
    name: 'batches',
    examples: ['POST /v1/batches', 'GET /v1/batches/batch_1'],
    path: /^(\/v1)?\/batches(\/|$)/,
    instead:
      'Send each call to POST /v1/chat/completions; for one that takes long, POST /v1/chat/completions/background answers immediately and posts the result later.',
    why: 'A batch is billed a day later, so no budget could hold it.',
  },
  {
    name: 'making and changing images',
    examples: ['POST /v1/images/generations', 'POST /v1/images/edits'],
    path: /^(\/v1)?\/images(\/|$)/,
    instead: `${askVendor} Models that read images take them in the messages of POST /v1/chat/completions.`,
    why: unpriced,
  },
  {
    name: 'making videos',
    examples: ['POST /v1/videos'],
    path: /^(\/v1)?\/videos(\/|$)/,
    instead: askVendor,
    why: unpriced,
  },
  {
    name: 'speech and transcription',
    examples: ['POST /v1/audio/speech', 'POST /v1/audio/transcriptions'],
    path: /^(\/v1)?\/audio(\/|$)/,
    instead: `${askVendor} Models that listen take sound as "input_audio" in the messages of POST /v1/chat/completions.`,
    why: unpriced,
  },
  {
    name: 'realtime sessions',
    examples: ['GET /v1/realtime?model=gpt-realtime', 'POST /v1/realtime/client_secrets'],
    path: /^(\/v1)?\/realtime(\/|$)/,
    instead: 'Use POST /v1/chat/completions or POST /v1/responses with "stream": true.',
    why: 'The cost of a session is unknown before it starts, so no budget could hold it.',
  },
  {
    name: 'files',
    examples: ['POST /v1/files', 'GET /v1/files/file_1/content', 'POST /v1/uploads', 'POST /v1/containers'],
    path: /^(\/v1)?\/(files|uploads|containers)(\/|$)/,
    instead:
      'Send the content of a file in the message itself: "image_url" or "file" with "file_data" in POST /v1/chat/completions.',
    why: stateful,
  },
  {
    name: 'vector stores',
    examples: ['POST /v1/vector_stores', 'POST /v1/vector_stores/vs_1/search'],
    path: /^(\/v1)?\/vector_stores(\/|$)/,
    instead: 'Use POST /v1/embeddings and a vector store of your own.',
    why: stateful,
  },
  {
    name: 'ranking',
    examples: ['POST /v1/rerank', 'POST /v2/rerank'],
    path: /^(\/v[12])?\/rerank$/,
    instead: askVendor,
    why: unpriced,
  },
  {
    name: 'moderations',
    examples: ['POST /v1/moderations'],
    path: /^(\/v1)?\/moderations$/,
    instead: askVendor,
    why: 'It is free at its vendor and needs no budget.',
  },
  {
    name: 'assistants and threads',
    examples: [
      'POST /v1/assistants',
      'POST /v1/threads',
      'POST /v1/threads/thread_1/runs',
      'POST /v1/chatkit/sessions',
    ],
    path: /^(\/v1)?\/(assistants|threads|chatkit)(\/|$)/,
    instead: 'Use POST /v1/responses.',
    why: stateful,
  },
  {
    name: 'conversations',
    examples: ['POST /v1/conversations', 'GET /v1/conversations/conv_1/items'],
    path: /^(\/v1)?\/conversations(\/|$)/,
    instead: 'Use POST /v1/responses with "previous_response_id", or with the whole conversation as "input".',
    why: stateful,
  },
  {
    name: 'reading stored answers',
    examples: [
      'GET /v1/responses/resp_1',
      'GET /v1/responses/resp_1/input_items',
      'POST /v1/responses/resp_1/cancel',
      'GET /v1/chat/completions/chatcmpl_1',
    ],
    path: /^\/v1\/(responses\/|chat\/completions\/(?!background(\/|$)))/,
    instead:
      'Keep the answer when it comes; POST /v1/responses continues one with "previous_response_id", and POST /v1/chat/completions/background keeps one for you.',
    why: stateful,
  },
  {
    name: 'fine-tuning',
    examples: ['POST /v1/fine_tuning/jobs', 'POST /v1/fine-tunes'],
    path: /^(\/v1)?\/(fine_tuning|fine-tunes)(\/|$)/,
    instead: `${askVendor} POST /v1/chat/completions reaches the model it makes as "openai/NAME".`,
    why: unpriced,
  },
  {
    name: 'evaluations',
    examples: ['POST /v1/evals', 'GET /v1/evals/eval_1/runs'],
    path: /^(\/v1)?\/evals(\/|$)/,
    instead: askVendor,
    why: stateful,
  },
  {
    name: 'agents and skills hosted by a vendor',
    examples: ['POST /v1/skills', 'POST /v1/agents', 'POST /v1/environments'],
    path: /^(\/v1)?\/(skills|agents|environments|vaults|memory_stores)(\/|$)/,
    instead: `${askVendor} POST /v1/responses and POST /v1/messages take tools.`,
    why: stateful,
  },
  {
    name: "the administration of a vendor's account",
    examples: ['GET /v1/organization/costs', 'GET /v1/organizations/api_keys', 'GET /dashboard/billing/subscription'],
    path: /^(\/v1)?\/(organizations?|dashboard\/billing)(\/|$)/,
    instead: 'Use GET /v1/usage/clients for costs, GET /v1/budgets for limits and POST /v1/keys for keys.',
    why: "The gateway's own keys, budgets and usage take its place.",
  },
];

/** The message of a 404 for an endpoint that the gateway leaves out on purpose. */
export function notOfferedAt(path: string): NotOffered | undefined {
  return notOffered.find((one) => one.path.test(path));
}
