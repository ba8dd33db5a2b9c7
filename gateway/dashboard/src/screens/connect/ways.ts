/** The platforms that a person connects. */
export const ways = ['make', 'zapier', 'n8n', 'code'] as const;
export type Way = (typeof ways)[number];
