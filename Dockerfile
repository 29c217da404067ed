# syntax=docker/dockerfile:1
# A rerank and search server. docs/deploying.md explains how to run it and where models come from.
# Debian with glibc 2.41: onnxruntime-node and Chroma have no builds for musl, and Chroma's needs 2.39.
FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json LICENSE ./
COPY src ./src
COPY explorer ./explorer
RUN npm run build && npm pack

FROM node:24-trixie-slim AS install
WORKDIR /app
COPY .npmrc ./
COPY --from=build /build/package-lock.json /build/langchain-rerank-*.tgz /packed/
# As a user installs the package, with the optional peers of a server in the versions that are tested. The builds of ONNX
# Runtime for other systems go.
RUN npm init --yes \
  && npm install --no-audit --no-fund /packed/langchain-rerank-*.tgz $(node -p "['@langchain/core', '@langchain/community', 'chromadb', '@modelcontextprotocol/sdk'].map((name) => name + '@' + require('/packed/package-lock.json').packages['node_modules/' + name].version).join(' ')") \
  && rm -rf node_modules/onnxruntime-node/bin/napi-v*/darwin node_modules/onnxruntime-node/bin/napi-v*/win32 \
  && npm cache clean --force

FROM node:24-trixie-slim
ENV NODE_ENV=production HF_HOME=/models MALLOC_ARENA_MAX=2
COPY --from=install /app /app
RUN mkdir -p /models /data && chown node:node /models /data
WORKDIR /data
USER node
VOLUME ["/models", "/data"]
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/node_modules/langchain-rerank/dist/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0"]
