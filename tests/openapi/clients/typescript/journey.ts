// What a program does with the generated types; schema.d.ts is made by openapi-typescript.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

const { JOURNEY_URL: baseUrl = "", JOURNEY_LOGIN: login = "", JOURNEY_SECRET: secret = "" } = process.env;
type Status = components["schemas"]["google.rpc.Status"];

function given<T>({ data, error }: { data?: T; error?: Status }): T {
  assert.ok(data !== undefined, JSON.stringify(error));
  return data;
}

const owner = createClient<paths>({ baseUrl, headers: { Authorization: `Basic ${btoa(`${login}:${secret}`)}` } });
const token = given(await owner.POST("/v1/tokens", { body: { title: "journey", ttl: "600s" } }));
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token.token}` } });
assert.equal(given(await client.GET("/v1/credentials:check")).login, login);

// a process's answer is the answer to the call
const done = given(
  await client.POST("/v1/processes/{process}/tasks", {
    params: { path: { process: "@echo" } },
    body: { data: { param: "1" }, wait: { timeout: "20s" }, requestId: crypto.randomUUID() },
  }),
);
assert.equal(done.task?.state, "TASK_STATE_ENDED");
assert.deepEqual(done.outcome?.data, { info: { param: "1" } });

// a task that waits is found by its ref, answered, and followed
const ref = `journey-${crypto.randomUUID()}`;
const path = { process: "@waiting", ref };
given(await client.POST("/v1/processes/{process}/tasks", { params: { path }, body: { ref } }));
const found = given(await client.GET("/v1/processes/{process}/refs/{ref}", { params: { path } }));
const callbackId = String(found.data?.["__callback_url"]).split("/").at(-1) ?? "";
const taken = given(
  await client.POST("/v1/callbacks/{callbackId}", { params: { path: { callbackId } }, body: { answer: 42 } }),
);
assert.equal(taken.repeated, false);
const { taskId } = found;
const waited = given(
  await client.GET("/v1/tasks/{taskId}:wait", { params: { path: { taskId }, query: { timeout: "20s" } } }),
);
assert.equal(waited.outcome?.kind, "OUTCOME_KIND_ANSWERED");
const stream = await client.GET("/v1/tasks/{taskId}:await", { params: { path: { taskId } }, parseAs: "text" });
type Line = components["schemas"]["AwaitTaskResponseLine"];
const lines = String(stream.data).trim().split("\n").map((line): Line => JSON.parse(line));
const last = lines.at(-2);
assert.deepEqual(lines.at(-1), { end: {} });
assert.ok(last && "result" in last);
assert.deepEqual(last.result.outcome?.data, { answer: 42 });

// an error has its type, too
const { data, error } = await client.GET("/v1/tasks/{taskId}", { params: { path: { taskId: "0".repeat(24) } } });
assert.equal(data, undefined);
const info = error?.details?.find((one): one is components["schemas"]["google.rpc.ErrorInfo"] => "reason" in one);
assert.equal(info?.reason, "TASK_NOT_FOUND");

given(await owner.DELETE("/v1/tokens/{tokenId}", { params: { path: { tokenId: token.tokenId } } }));
console.log("arrived");
