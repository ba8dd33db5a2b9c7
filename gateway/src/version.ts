/** Of the gateway. */
export const version = '0.1.0';
