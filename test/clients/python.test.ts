import { join } from 'node:path';
import { type ClientProgram, describePrograms } from '../support/client-program.ts';
import { pythonEnvironment, pythonFolder } from '../support/python.ts';
import { run, type Tool } from '../support/run-tool.ts';

const packages = await pythonEnvironment('packages');
// LlamaIndex asks for an `openai` below 3.
const llamaIndex = await pythonEnvironment('llama-index');

function programs(python: string, names: Record<string, string>): ClientProgram[] {
  return Object.entries(names).map(([name, file]) => {
    const source = join(pythonFolder, file);
    return {
      name,
      source,
      // LiteLLM otherwise asks GitHub for prices when it is imported.
      run: (env) => run(python, [source], { env: { ...env, ...quiet } }),
    };
  });
}

const quiet = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', PYTHONDONTWRITEBYTECODE: '1' };

function tool(
  environment: Tool<{ python: string }>,
  names: Record<string, string>,
): Tool<{ programs: ClientProgram[] }> {
  return environment.there ? { there: true, programs: programs(environment.python, names) } : environment;
}

describePrograms(
  'Python',
  tool(packages, {
    'the openai package': 'openai_package.py',
    'the anthropic package': 'anthropic_package.py',
    LangChain: 'langchain_packages.py',
    PydanticAI: 'pydantic_ai_package.py',
    'the LiteLLM SDK': 'litellm_package.py',
    "the page's snippets": 'seeds.py',
  }),
);
describePrograms(
  'Python with LlamaIndex',
  tool(llamaIndex, {
    LlamaIndex: 'llama_index_packages.py',
    'the openai package it needs': 'openai_package.py',
    "the page's snippets": 'seeds.py',
  }),
);
