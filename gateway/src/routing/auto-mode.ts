/** The meaning of a model's name where the choice is left to the gateway. */
export type AutoMode = 'cost' | 'balanced' | 'quality';

/** Undefined for the name of a model. */
export function readAuto(model: string): AutoMode | undefined {
  switch (model) {
    case 'auto':
    case 'auto:balanced':
      return 'balanced';
    case 'auto:cost':
      return 'cost';
    case 'auto:quality':
      return 'quality';
    default:
      return undefined;
  }
}

/** Does the name leave the choice to the gateway, in whatever mode, known or not? */
export function isAuto(model: string): boolean {
  return model === 'auto' || model.startsWith('auto:');
}
