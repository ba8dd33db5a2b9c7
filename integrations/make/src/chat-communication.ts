import type { Operation } from '@ai-gateway/shared/operation';
import { mediaTypes, unreadable } from '@ai-gateway/shared/steps/chat-files';
import type { Json } from './component.ts';
import { jsonIn, patterns, whole } from './json-in-text.ts';

/** The request of the chat completion and the reading of its answer, in IML: the part of the step that only Make has. */
export function chatCommunication(operation: Operation): Json {
  return [file, parts, request(operation)];
}

/** What is known of the file by its name. Values of `temp` can be used only in the next step, so there are several. */
const file: Json = {
  temp: {
    ending: "{{if(parameters.file_name, lower(last(split(parameters.file_name, '.'))), 'none')}}",
    mediaTypes,
    sounds: { mp3: 'mp3', wav: 'wav' },
    kinds: kindsByEnding(),
    base64: "{{if(parameters.file_data, base64(parameters.file_data), '')}}",
    // Bytes that UTF-8 does not have become this letter, as in a CSV that Excel saved for Windows.
    unknownLetter: '\ufffd',
  },
  response: { valid: true },
};

/** Which part of a message a file is, by its ending. */
function kindsByEnding(): Json {
  const kindOf = (mediaType: string): string => {
    if (mediaType.startsWith('image/')) return 'picture';
    if (mediaType.startsWith('audio/')) return 'sound';
    return mediaType === 'application/pdf' ? 'document' : 'words';
  };
  return Object.fromEntries(Object.entries(mediaTypes).map(([ending, mediaType]) => [ending, kindOf(mediaType)]));
}

const dataUrl =
  "data:{{ifempty(get(temp.mediaTypes, temp.ending), 'application/octet-stream')}};base64,{{temp.base64}}";

const names = "map(ifempty(parameters.answer_fields, emptyarray), 'name')";

const kind = "ifempty(get(temp.kinds, temp.ending), 'none')";

const faultOfText = "if(contains(toString(parameters.file_data), temp.unknownLetter), 'encoding', '')";

const faultOfFile = `if(${kind} == 'none', 'unreadable', if(${kind} == 'words', ${faultOfText}, ''))`;

/** The refusal of the form, by its name in `refusals`; empty where nothing is wrong. */
const fault = `{{if(length(distinct(${names})) == length(${names}), if(parameters.file_data, if(parameters.file_name, ${faultOfFile}, 'nameless'), ''), 'twice')}}`;

/** The pieces that the request is made of. */
const parts: Json = {
  temp: {
    fault,
    refusals: {
      twice: 'Two fields of the answer have the same name. Rename one.',
      nameless: 'File name is missing. Map the name of the file: its ending says what kind of file it is.',
      unreadable: unreadable('{{parameters.file_name}}'),
      encoding: 'The text of "{{parameters.file_name}}" is not in UTF-8. Save it in UTF-8: in Excel, as “CSV UTF-8”.',
    },
    files: {
      picture: [{ type: 'image_url', image_url: { url: dataUrl } }],
      document: [{ type: 'file', file: { filename: '{{parameters.file_name}}', file_data: dataUrl } }],
      sound: [
        { type: 'input_audio', input_audio: { data: '{{temp.base64}}', format: '{{get(temp.sounds, temp.ending)}}' } },
      ],
      words: [{ type: 'text', text: '{{parameters.file_name}}:\n\n{{toString(parameters.file_data)}}' }],
      none: [],
    },
    kind: "{{if(parameters.file_data, ifempty(get(temp.kinds, temp.ending), 'document'), 'none')}}",
    text: [{ type: 'text', text: `{{${asText('parameters.prompt')}}}` }],
    patterns,
    whole,
    // A field of the type `json` comes as an object already:
    // https://developers.make.com/custom-apps-documentation/block-elements/parameters/json
    fields: "{{toCollection(ifempty(parameters.answer_fields, emptyarray), 'name', 'schema')}}",
    noFields: '{}',
    emptyParts: '/,"(?:enum|description)":(?:\\[\\]|null|"")|"(?:enum|description)":(?:\\[\\]|null|""),/g',
    listType: '/"type":"array"/g',
    listOfTexts: '"type":"array","items":{"type":"string"}',
    given: "{{if(parameters.format == 'json_schema', parameters.schema, undefined)}}",
  },
  // What is wrong ends the module before anything is asked, and paid. Should Make look at no `valid` of a step without a request, the
  // call goes on: a file as a document of an unknown kind, which the vendor refuses, and two fields of one name as one.
  response: {
    valid: {
      condition: '{{if(temp.fault, false, true)}}',
      message: '{{get(temp.refusals, temp.fault)}}',
      type: 'DataError',
    },
  },
};

/** A mapped value of any type as text: lists and collections as JSON, all else in its own words. */
function asText(given: string): string {
  const written = `createJSON(${given})`;
  return `switch(substring(${written}, 0, 1), '{', ${written}, '[', ${written}, '' + ${given})`;
}

/** Empty parts of a form are no parts of a schema, and a list says what it is of. A quote inside a text is written `\\"`, so no text matches. */
const schemasOfFields =
  "replace(replace(createJSON(temp.fields), temp.emptyParts, ''), temp.listType, temp.listOfTexts)";

const wantsJson =
  "(parameters.format == 'fields' || parameters.format == 'json_object' || parameters.format == 'json_schema')";

/**
 * A filled-in scenario wins over the scenario's own id, and the gateway takes the header first. `''` and not `emptystring`, which
 * is an object in Make; and not the id itself, since a header cannot carry every name.
 */
export const ownScenario: Json = { 'X-Scenario-ID': "{{if(parameters.scenario_id, '', scenario.id)}}" };

function request({ path, method }: Operation): Json {
  return {
    url: path,
    method,
    headers: ownScenario,
    temp: {
      system: [{ role: 'system', content: `{{${asText('parameters.system')}}}` }],
      user: [
        {
          role: 'user',
          content:
            '{{if(parameters.images[1] || parameters.file_data, merge(temp.text, ifempty(parameters.images, emptyarray), get(temp.files, temp.kind)), temp.text[1].text)}}',
        },
      ],
      tags: {
        client_id: '{{ifempty(parameters.client_id, undefined)}}',
        project: '{{ifempty(parameters.project, undefined)}}',
        scenario_id: '{{ifempty(parameters.scenario_id, undefined)}}',
      },
      memory: { ttl_seconds: '{{parameters.cache_seconds}}' },
      formats: {
        json_object: { type: 'json_object' },
        fields: {
          type: 'json_schema',
          json_schema: {
            name: 'answer',
            strict: true,
            schema: {
              type: 'object',
              properties: `{{parseJSON(if(parameters.format == 'fields', ${schemasOfFields}, temp.noFields))}}`,
              required: `{{distinct(${names})}}`,
              additionalProperties: false,
            },
          },
        },
        json_schema: {
          type: 'json_schema',
          json_schema: {
            name: 'answer',
            strict: '{{ifempty(parameters.strict, false)}}',
            // OpenAI's documents show the schema inside `{name, schema}`, and people paste it as it stands there.
            schema: '{{ifempty(temp.given.schema, temp.given)}}',
          },
        },
      },
    },
    body: {
      model: '{{parameters.model}}',
      messages:
        "{{merge(if(parameters.system, temp.system, emptyarray), if(parameters.input == 'messages', parameters.messages, temp.user))}}",
      response_format: `{{if(${wantsJson}, get(temp.formats, parameters.format), undefined)}}`,
      temperature: '{{ifempty(parameters.temperature, undefined)}}',
      max_tokens: '{{ifempty(parameters.max_tokens, undefined)}}',
      reasoning_effort: '{{ifempty(parameters.reasoning_effort, undefined)}}',
      // An empty list says that there is no fallback; a form that is left empty does not mean that.
      fallback_models:
        '{{if(parameters.no_fallback, emptyarray, if(parameters.fallback_models[1], parameters.fallback_models, undefined))}}',
      // In the body and not in headers, which cannot carry every name. Where there is none it is left out: providers
      // refuse metadata, be it empty, of calls they do not store.
      response_cache: '{{if(parameters.cache_seconds, temp.memory, undefined)}}',
      metadata: '{{if(parameters.client_id || parameters.project || parameters.scenario_id, temp.tags, undefined)}}',
      stream: false,
    },
    response: answerOf(wantsJson),
  };
}

/** How the answer of a model is read: its JSON only where it is wanted. */
export function answerOf(wantsJson: string, more: { readonly [key: string]: Json } = {}): Json {
  // An answer that was cut short is not JSON; it stays text, since it is paid for.
  const json = `{{if(${wantsJson} && body.choices[1].finish_reason == 'stop', ${jsonIn('temp.answer')}, null)}}`;
  return { temp: { answer: `{{if(${wantsJson}, ${text}, '')}}` }, output: { ...output, json, ...more } };
}

/** A refusal is an answer too: its words stand in place of the text. */
const text = "ifempty(body.choices[1].message.content, ifempty(body.choices[1].message.refusal, ''))";

const routeHeader = 'headers.`x-gateway-route`';

const output: { readonly [key: string]: Json } = {
  text: `{{${text}}}`,
  refusal: '{{ifempty(body.choices[1].message.refusal, null)}}',
  model: '{{body.model}}',
  finish_reason: '{{body.choices[1].finish_reason}}',
  usage: {
    input_tokens: '{{body.usage.prompt_tokens}}',
    output_tokens: '{{body.usage.completion_tokens}}',
    total_tokens: '{{body.usage.total_tokens}}',
  },
  cost_usd: dollars('x-gateway-cost-usd'),
  budget_remaining_usd: dollars('x-gateway-budget-remaining-usd'),
  provider: '{{headers.`x-gateway-provider`}}',
  route: `{{if(${routeHeader}, decodeURL(replace(${routeHeader}, '/%(?![0-9A-Fa-f][0-9A-Fa-f])/g', '%25')), null)}}`,
  request_id: '{{headers.`x-request-id`}}',
  cache: '{{ifempty(headers.`x-gateway-cache`, null)}}',
  saved_usd: dollars('x-gateway-saved-usd'),
};

/** Null where there is no budget, which is not the same as nothing left. */
function dollars(header: string): string {
  return `{{if(headers.\`${header}\`, parseNumber(headers.\`${header}\`, '.'), null)}}`;
}
