import { z } from 'zod';
import { operation } from '../operation.ts';
import { modelName } from './common.ts';
import { callErrors, metadata } from './model-call.ts';

export const createEmbeddings = operation({
  id: 'embeddings.create',
  kind: 'model',
  method: 'POST',
  path: '/v1/embeddings',
  group: 'Model calls',
  label: 'Embeddings',
  description: 'OpenAI’s embeddings, answered by OpenAI, Gemini, Mistral or any server with an OpenAI-compatible API.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    model: modelName,
    input: z
      .union([z.string(), z.array(z.union([z.string(), z.number(), z.array(z.number())]))])
      .meta({ title: 'Input', description: 'A text, or a list of up to 2048 texts.', 'x-field': { multiline: true } }),
    encoding_format: z
      .enum(['float', 'base64'])
      .nullable()
      .optional()
      .meta({ title: 'Encoding', description: 'Numbers, or base64 of 32-bit floats.' }),
    dimensions: z
      .number()
      .int()
      .min(1)
      .nullable()
      .optional()
      .meta({ title: 'Dimensions', description: 'Length of the vectors.' }),
    metadata,
  }),
  output: z.looseObject({
    object: z.literal('list').meta({ title: 'Object', description: 'Always list.' }),
    data: z
      .array(
        z.looseObject({
          index: z.number().int().meta({ title: 'Index', description: 'Position of the text in the input.' }),
          embedding: z
            .union([z.array(z.number()), z.string()])
            .meta({ title: 'Embedding', description: 'The vector; text when base64 was requested.' }),
        }),
      )
      .meta({ title: 'Embeddings', description: 'One entry for each text, in the order of the input.' }),
    model: z.string().meta({ title: 'Model', description: 'The model that answered.' }),
  }),
  errors: callErrors,
  sample: {
    input: { model: 'text-embedding-3-small', input: 'hello' },
    output: {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2] }],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 1, total_tokens: 1 },
    },
  },
  wrong: [
    { input: { model: 'text-embedding-3-small' }, because: 'there is nothing to embed' },
    {
      input: { model: 'text-embedding-3-small', input: 'hello', encoding_format: 'hex' },
      because: 'vectors come as numbers or as base64',
    },
  ],
});
