import manifest from '../package.json' with { type: 'json' };

/** The gateway's version. All packages have this one; `gateway/package.json` says it, and changesets raises it. */
export const version: string = manifest.version;
