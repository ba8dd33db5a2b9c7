import { frame, type Vendor } from './fake-server.ts';
import { hasHalfCharacter, piecesOf, type RecordedRequest, type Script, usageOf } from './script.ts';

type Json = Record<string, unknown>;

export function fakeGemini(apiKey: string): Vendor {
  return {
    refuse: (request) => refuse(request, apiKey),
    prompt,
    defaultScript,
    plain: (request, script) =>
      request.path.includes('mbedContent') ? embeddings(request) : generated(request, script, parts(script), true),
    stream: (request, script) =>
      request.path.includes(':streamGenerateContent') ? events(request, script) : undefined,
    errorBody: (status) =>
      error(
        status,
        status === 429 ? 'RESOURCE_EXHAUSTED' : status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT',
        `The fake was told to answer ${status}.`,
      ),
    errorEvent: () => frame(error(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.')),
    bill: (request, script) => {
      const usage = usageOf(script, prompt(request));
      return {
        model: modelOf(request),
        ...(usage === undefined || 'raw' in usage
          ? { input: 0, output: 0 }
          : { input: usage.input, output: usage.output }),
      };
    },
  };
}

function error(code: number, status: string, message: string): Json {
  return { error: { code, message, status } };
}

function modelOf({ path }: RecordedRequest): string {
  return decodeURIComponent(/\/models\/([^:]+):/.exec(path)?.[1] ?? '');
}

const known = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'cachedContent',
  'requests',
]);

function refuse(request: RecordedRequest, apiKey: string): { status: number; body: unknown } | undefined {
  if (request.headers['x-goog-api-key'] !== apiKey)
    return { status: 400, body: error(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.') };
  if (request.path.includes('mbedContent')) return undefined;
  if (hasHalfCharacter(request))
    return { status: 400, body: error(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Unpaired surrogate.') };
  const fault = faultOf(request.json) ?? modelFault(request.json, modelOf(request));
  return fault === undefined ? undefined : { status: 400, body: error(400, 'INVALID_ARGUMENT', fault) };
}

const knownConfig = new Set(
  'maxOutputTokens temperature topP topK stopSequences seed frequencyPenalty presencePenalty thinkingConfig responseMimeType responseJsonSchema responseSchema responseLogprobs logprobs candidateCount responseModalities mediaResolution'.split(
    ' ',
  ),
);

/** By https://ai.google.dev/gemini-api/docs/thinking: bounds of the budget for 2.5, levels from 3 on, neither before 2.5. */
function modelFault(body: Json, model: string): string | undefined {
  const config = (body.generationConfig ?? {}) as Json;
  const thinking = config.thinkingConfig as { thinkingBudget?: number; thinkingLevel?: string } | undefined;
  const older = /gemini-(1|2\.0)|gemma|gemini-pro/.test(model);
  const middle = model.includes('gemini-2.5');
  if (thinking !== undefined && (older || /image|tts/.test(model)))
    return `Thinking is not supported for models/${model}`;
  if (thinking?.thinkingLevel !== undefined && middle) return 'Thinking level is not supported for this model.';
  if (thinking?.thinkingLevel !== undefined && thinking.thinkingBudget !== undefined)
    return 'You can only set one of thinking budget and thinking level.';
  if (thinking?.thinkingBudget !== undefined && middle) {
    const [least, most] = model.includes('pro') ? [128, 32_768] : model.includes('lite') ? [512, 24_576] : [1, 24_576];
    const { thinkingBudget: tokens } = thinking;
    if ((tokens < least || tokens > most) && tokens !== -1 && !(tokens === 0 && !model.includes('pro')))
      return `The thinking budget ${tokens} is invalid. Please choose a value between ${least} and ${most}.`;
  }
  if (thinking?.thinkingLevel === 'MINIMAL' && !model.includes('flash'))
    return 'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.';
  if (!older && (config.presencePenalty !== undefined || config.frequencyPenalty !== undefined))
    return `Penalty is not enabled for models/${model}`;
  if (!older && config.responseLogprobs !== undefined) return `Logprobs is not enabled for models/${model}`;
  const most = older && !model.includes('gemma-4') ? 8_192 : 65_536;
  return Number(config.maxOutputTokens ?? 1) > most
    ? `Unable to submit request because it has a maxOutputTokens value of ${config.maxOutputTokens} but the supported range is from 1 (inclusive) to ${most + 1} (exclusive).`
    : undefined;
}

/** Requests that Google refuses, as far as a translation could get them wrong. */
function faultOf(body: Json): string | undefined {
  const odd = Object.keys(body).find((key) => !known.has(key));
  if (odd !== undefined) return `Invalid JSON payload received. Unknown name "${odd}": Cannot find field.`;
  const config = Object.keys((body.generationConfig ?? {}) as Json).find((key) => !knownConfig.has(key));
  if (config !== undefined) return `Invalid JSON payload received. Unknown name "${config}" at 'generation_config'`;
  const declared = ((body.tools ?? []) as { functionDeclarations?: Json[] }[]).flatMap(
    (tool) => tool.functionDeclarations ?? [],
  );
  if (declared.some(({ name }) => !/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(String(name))))
    return 'Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.';
  if (declared.some(({ parameters }) => /"(additionalProperties|\$schema)"/.test(JSON.stringify(parameters ?? {}))))
    return 'Invalid JSON payload received. Unknown name "additionalProperties" at \'tools[0].function_declarations[0].parameters\'';
  const contents = body.contents as { role?: string; parts?: Json[] }[] | undefined;
  if (!Array.isArray(contents) || contents.length === 0)
    return '* GenerateContentRequest.contents: contents is not specified';
  let calls = 0;
  for (const { role, parts: list } of contents) {
    if (role !== 'user' && role !== 'model') return 'Please use a valid role: user, model.';
    if (!Array.isArray(list) || list.length === 0)
      return '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.';
    const results = list.filter((part) => part.functionResponse !== undefined);
    if (results.length > 0 && results.length !== calls)
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    for (const { functionResponse } of results)
      if (typeof (functionResponse as Json).response !== 'object') return 'Invalid value at functionResponse.response';
    if (results.some(({ functionResponse }) => JSON.stringify((functionResponse as Json).response).includes('"$ref":')))
      return 'The referenced name in $ref does not match to a display_name in the function response parts.';
    if (calls > 0 && results.length === 0)
      return 'Please ensure that function call turn comes immediately before a function response turn.';
    calls = list.filter((part) => part.functionCall !== undefined).length;
  }
  const stops = (body.generationConfig as { stopSequences?: unknown[] } | undefined)?.stopSequences;
  return stops !== undefined && stops.length > 5 ? 'Too many stop sequences' : undefined;
}

function prompt({ json }: RecordedRequest): string {
  const contents = (json.contents ?? []) as { role: string; parts: Json[] }[];
  return (contents.findLast(({ role }) => role === 'user')?.parts ?? [])
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}

function defaultScript(request: RecordedRequest): Script {
  const config = (
    request.json.toolConfig as { functionCallingConfig?: { mode: string; allowedFunctionNames?: string[] } } | undefined
  )?.functionCallingConfig;
  if (config?.mode === 'ANY') {
    const declared = ((request.json.tools as { functionDeclarations: { name: string }[] }[] | undefined)?.[0]
      ?.functionDeclarations ?? [])[0]?.name;
    return { toolCalls: [{ name: config.allowedFunctionNames?.[0] ?? declared ?? '', arguments: { city: 'Paris' } }] };
  }
  if ((request.json.generationConfig as Json | undefined)?.responseMimeType === 'application/json')
    return { text: '{"city":"Paris"}' };
  return { text: `You said: ${prompt(request)}` };
}

function parts(script: Script): Json[] {
  return [
    ...(script.reasoning === undefined
      ? []
      : [
          {
            text: script.reasoning,
            thought: true,
            ...(script.reasoningSignature === undefined ? {} : { thoughtSignature: script.reasoningSignature }),
          },
        ]),
    ...(script.text === undefined ? [] : [{ text: script.text }]),
    ...(script.toolCalls ?? []).map((call) => ({
      functionCall: { ...(call.id === undefined ? {} : { id: call.id }), name: call.name, args: call.arguments },
      ...(call.signature === undefined ? {} : { thoughtSignature: call.signature }),
    })),
  ];
}

function generated(request: RecordedRequest, script: Script, content: Json[], last: boolean): unknown {
  const usage = usageOf(script, prompt(request));
  const head = { modelVersion: modelOf(request), responseId: 'fakeResponse' };
  const figures =
    usage === undefined
      ? {}
      : {
          usageMetadata:
            'raw' in usage
              ? usage.raw
              : {
                  promptTokenCount: usage.input,
                  candidatesTokenCount: usage.output - (usage.reasoning ?? 0),
                  totalTokenCount: usage.input + usage.output,
                  ...(usage.cached === undefined ? {} : { cachedContentTokenCount: usage.cached }),
                  ...(usage.reasoning === undefined ? {} : { thoughtsTokenCount: usage.reasoning }),
                },
        };
  if (script.refusal !== undefined) return { promptFeedback: { blockReason: 'SAFETY' }, ...figures, ...head };
  const reason = script.finish === 'length' ? 'MAX_TOKENS' : script.finish === 'content-filter' ? 'SAFETY' : 'STOP';
  return {
    candidates: [{ content: { role: 'model', parts: content }, index: 0, ...(last ? { finishReason: reason } : {}) }],
    ...figures,
    ...head,
  };
}

function events(request: RecordedRequest, script: Script): string[] {
  if (script.refusal !== undefined) return [frame(generated(request, script, [], true))];
  const steps: Json[][] = parts(script).flatMap((part): Json[][] => {
    if (typeof part.text !== 'string') return [[part]];
    const { thoughtSignature, ...rest } = part;
    const pieces = piecesOf(part.text, script.chunks).map((text) => [{ ...rest, text }]);
    return thoughtSignature === undefined ? pieces : [...pieces, [{ ...rest, text: '', thoughtSignature }]];
  });
  return [...steps, []].map((step, i, all) =>
    frame(generated(request, script, i === all.length - 1 ? [{ text: '' }] : step, i === all.length - 1)),
  );
}

function embeddings({ json, path }: RecordedRequest): Json {
  const values = [0.25, -0.5, 1];
  return path.includes(':batchEmbedContents')
    ? { embeddings: (json.requests as unknown[]).map(() => ({ values })) }
    : { embedding: { values } };
}
