import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { apiError } from './api-error.ts';
import { gatewayOf } from './gateway.ts';

/** The models this credential may use, for a list of several: fallbacks. */
export async function modelsFor(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  try {
    const { data } = await (await gatewayOf(this)).call('models.list', {});
    return data.map(({ id, display_name: name }) => ({ name, value: id }));
  } catch (error) {
    throw apiError(this.getNode(), error);
  }
}
