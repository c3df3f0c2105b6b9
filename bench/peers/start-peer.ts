import { assertNever } from "../../src/protocol/assert-never.ts";
import type { Peer, PeerName } from "../peer.ts";
import { startBare } from "./bare.ts";
import { installPeers } from "./install-peers.ts";
import { startOurs } from "./ours.ts";
import { startRestate } from "./restate.ts";
import { startWorkflows } from "./workflows.ts";

/** Starts one peer against the HTTP worker. Throws with the reason when it cannot be had on this machine. */
export async function startPeer(name: PeerName, workerUrl: string): Promise<Peer> {
  switch (name) {
    case "ours":
      return startOurs(workerUrl);
    case "bare":
      return startBare(workerUrl);
    case "workflows":
      return startWorkflows(workerUrl);
    case "restate":
      await installPeers();
      return startRestate(workerUrl);
    default:
      return assertNever(name);
  }
}
