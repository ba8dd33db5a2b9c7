/** Operations that people ask for by a word of their own. */
interface Verb {
  operation: string;
  title: string;
  words: readonly string[];
  submit?: string;
  only?: readonly string[];
  /** Opens this place of the dashboard in the place of a form. */
  path?: string;
}

/** Their words come first; every other change of the contract is found by its label. */
export const verbs: readonly Verb[] = [
  {
    operation: 'invitations.create',
    title: 'Invite a person',
    words: ['invite', 'member', 'accountant'],
    submit: 'Send',
  },
  {
    operation: 'providers.create',
    title: 'Add a provider',
    words: ['provider', 'openai', 'claude', 'gemini'],
    path: '/app/settings/providers',
  },
  {
    operation: 'sso-connections.create',
    title: 'Single sign-on',
    words: ['sso', 'saml', 'oidc', 'entra', 'okta'],
    path: '/app/settings/sso',
  },
  {
    operation: 'me.passkeys.create',
    title: 'Passkeys',
    words: ['passkey', 'security'],
    path: '/app/settings/security',
  },
  {
    operation: 'prompts.create',
    title: 'Prompts: new prompt',
    words: ['prompt', 'template', 'variable'],
    path: '/app/prompts',
  },
  { operation: 'rules.create', title: 'New rule', words: ['rule', 'routing'], path: '/app/routing?rule=new' },
  {
    operation: 'routing.explain',
    title: 'Explain where a call goes',
    words: ['explain', 'why', 'model', 'route'],
    path: '/app/routing?tab=explain',
  },
  { operation: 'savings.get', title: 'Savings', words: ['saved', 'saving', 'cache'], path: '/app/savings' },
  {
    operation: 'experiments.create',
    title: 'Experiments: compare two ways',
    words: ['experiment', 'test', 'compare'],
    path: '/app/experiments',
  },
  { operation: 'budgets.create', title: 'New budget', words: ['budget', 'cap', 'limit'], submit: 'Save' },
  { operation: 'keys.create', title: 'New key', words: ['key', 'api key'], submit: 'Create' },
];
