/** A request for more tokens than a model can answer is a 400 at OpenAI and Google. `most` is undefined where the model is unknown. */
export function withinCeiling(maxTokens: number | undefined, most: number | undefined): number | undefined {
  return maxTokens === undefined || most === undefined ? maxTokens : Math.min(maxTokens, most);
}
