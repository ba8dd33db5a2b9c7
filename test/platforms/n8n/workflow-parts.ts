import type { Json } from './real-n8n.ts';

export interface Credential {
  id: string;
  name: string;
}

/** A node of ours. */
export function ourNode(given: {
  name: string;
  type: string;
  parameters: Json;
  position?: [number, number] | undefined;
  credential: Credential;
}): Json {
  const { name, type, parameters, position = [200, 0], credential } = given;
  return {
    id: name,
    name,
    type: `n8n-nodes-ai-gateway.${type}`,
    typeVersion: 1,
    position,
    parameters,
    credentials: { aiGatewayApi: credential },
  };
}

/** Connections to a node. */
export function to(node: string, type = 'main'): Json {
  return { [type]: [[{ node, type, index: 0 }]] };
}

/** An AI Agent with a chat model and tools, started by hand. */
export function agentWith(model: Json, tools: Json[] = []): { nodes: Json[]; connections: Json } {
  const agent = {
    id: 'agent',
    name: 'Agent',
    type: '@n8n/n8n-nodes-langchain.agent',
    typeVersion: 3.1,
    position: [200, 0],
    parameters: { promptType: 'define', text: 'How much money is left?' },
  };
  return {
    nodes: [agent, model, ...tools],
    connections: {
      Manual: to('Agent'),
      [String(model.name)]: to('Agent', 'ai_languageModel'),
      ...Object.fromEntries(tools.map((tool) => [String(tool.name), to('Agent', 'ai_tool')])),
    },
  };
}
