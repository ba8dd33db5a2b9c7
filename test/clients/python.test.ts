import { describePrograms } from '../support/client-program.ts';
import { pythonEnvironment, pythonPrograms } from '../support/python.ts';

const packages = await pythonEnvironment('packages');
// LlamaIndex asks for an `openai` below 3.
const llamaIndex = await pythonEnvironment('llama-index');

describePrograms(
  'Python',
  pythonPrograms(packages, {
    'the openai package': 'openai_package.py',
    'the anthropic package': 'anthropic_package.py',
    LangChain: 'langchain_packages.py',
    PydanticAI: 'pydantic_ai_package.py',
    "OpenAI's Agents SDK": 'openai_agents_package.py',
    'the LiteLLM SDK': 'litellm_package.py',
    "the page's snippets": 'seeds.py',
  }),
);
describePrograms(
  'Python with LlamaIndex',
  pythonPrograms(llamaIndex, {
    LlamaIndex: 'llama_index_packages.py',
    'the openai package it needs': 'openai_package.py',
    "the page's snippets": 'seeds.py',
  }),
);
