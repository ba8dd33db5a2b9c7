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
  description: 'OpenAI’s embeddings, by OpenAI, Gemini or any server that speaks its dialect.',
  surfaces: [],
  access: 'calls-models',
  input: z.looseObject({
    model: modelName,
    input: z
      .union([z.string(), z.array(z.union([z.string(), z.number(), z.array(z.number())]))])
      .meta({ title: 'Input', description: 'A text, or a list of up to 2048.', 'x-field': { multiline: true } }),
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
      .meta({ title: 'Dimensions', description: 'How long the vectors are to be.' }),
    metadata,
  }),
  output: z.looseObject({
    object: z.literal('list').meta({ title: 'Object', description: 'Always list.' }),
    data: z
      .array(
        z.looseObject({
          index: z.number().int().meta({ title: 'Index', description: 'Which text of the input it is of.' }),
          embedding: z
            .union([z.array(z.number()), z.string()])
            .meta({ title: 'Embedding', description: 'The vector; text where base64 was asked for.' }),
        }),
      )
      .meta({ title: 'Embeddings', description: 'In the order of the input.' }),
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
