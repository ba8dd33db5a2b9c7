import { describePrograms } from '../support/client-program.ts';
import { pythonEnvironment, pythonPrograms } from '../support/python.ts';

describePrograms(
  'Python tools that read /openapi.json',
  pythonPrograms(await pythonEnvironment('openapi'), { 'the description': 'openapi_description.py' }),
);
