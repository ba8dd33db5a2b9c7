/** The Vercel AI SDK warns of models it does not know behind a gateway and of forms it has newer ones for: nothing to act upon. */
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
