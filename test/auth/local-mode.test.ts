import { expect, test } from "vitest";
import { admitLocally } from "../../src/auth/local-mode.ts";

const request = (url: string, origin?: string) => new Request(url, { headers: origin === undefined ? {} : { origin } });

test.each([
  "http://127.0.0.1:8787/",
  "http://127.1.2.3/",
  "http://localhost/",
  "http://api.localhost:1/",
  "http://[::1]:80/",
])("AUTH-10: local mode admits a loopback address: %s", (url) => {
  expect(admitLocally(request(url))).toEqual({ kind: "admitted" });
});

test.each([
  "http://example.com/",
  "http://127.0.0.1.example.com/",
  "http://localhost.example.com/",
  "http://10.0.0.1/",
  "http://[::2]/",
])("local mode refuses any other: %s", (url) => {
  expect(admitLocally(request(url))).toMatchObject({ kind: "refused", status: "UNAVAILABLE" });
});

test.each(["https://example.com", "null", "http://localhost.example.com"])(
  "local mode refuses a page of another site: %s",
  (origin) => {
    expect(admitLocally(request("http://127.0.0.1/", origin))).toMatchObject({
      kind: "refused",
      status: "FORBIDDEN",
    });
  },
);

test("local mode admits a page of this machine", () => {
  expect(admitLocally(request("http://127.0.0.1/", "http://localhost:5173"))).toEqual({ kind: "admitted" });
});
