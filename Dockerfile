# The gateway as an image, for amd64 and arm64:
#
#   docker build --tag ai-gateway .
#   docker run --publish 127.0.0.1:8787:8787 --volume ai-gateway:/data --stop-timeout 45 ai-gateway
#
# The volume holds the embedded Postgres and the generated secret. With DATABASE_URL and GATEWAY_SECRET set it holds nothing of worth.

# The Node that package.json pins. A tag names a version, a digest names bytes: the workflow that publishes the image resolves the tag
# once, builds every platform from that digest, and the provenance of the image names it.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Manifests first: as long as they are the same, so is this layer.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY gateway/package.json gateway/
COPY shared/package.json shared/
# Production packages, as the lockfile has them, with the Postgres of this platform; without the Node that a clone pins, since the
# image has it.
RUN CI=true npx --yes "pnpm@$(node -p 'require("./package.json").config.pnpm')" install --prod --frozen-lockfile --filter '{./gateway}...' \
  && rm -rf node_modules/node node_modules/.pnpm/node@*
COPY shared shared
COPY gateway gateway

# The dashboard, in a stage of its own: the image has its built files and none of the packages that build them.
FROM ${NODE_IMAGE} AS dashboard
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml tsconfig.base.json ./
COPY gateway/dashboard/package.json gateway/dashboard/
COPY shared/package.json shared/
RUN CI=true npx --yes "pnpm@$(node -p 'require("./package.json").config.pnpm')" install --prod --frozen-lockfile --filter '{./gateway/dashboard}...'
COPY shared shared
COPY gateway/launcher gateway/launcher
COPY gateway/dashboard gateway/dashboard
RUN node gateway/dashboard/build.ts

# hadolint ignore=DL3006
FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="AI Gateway" \
      org.opencontainers.image.description="One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold." \
      org.opencontainers.image.licenses="MIT"
# Until a PUBLIC_URL is given, links show what a published port is reached by on this machine.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787 DATA_DIR=/data PUBLIC_URL=http://localhost:8787
# A new volume takes its owner from this folder. No VOLUME: Railway takes no Dockerfile that has one, and a container without a named
# volume should lose its data at once, not some day.
RUN install --directory --owner 1000 --group 1000 --mode 0750 /data
WORKDIR /app
COPY --from=build /app ./
COPY --from=dashboard /app/gateway/dashboard/dist gateway/dashboard/dist
# By number, so that Kubernetes sees that it is not root. The base image calls it `node`.
USER 1000:1000
EXPOSE 8787
# Ready, not only up: a migration may take a while. Node asks, since the image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The heap as the launcher has it. Other words than `start` are the gateway's commands: docker run … ai-gateway verify-ledger
ENTRYPOINT ["node", "--min-semi-space-size=8", "--max-semi-space-size=8", "--heap-growing-percent=100", "gateway/src/cli.ts"]
CMD ["start"]
