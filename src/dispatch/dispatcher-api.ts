import type { AttemptCall, AttemptReply } from "../core/ports/transport.ts";
import type { TaskId } from "../protocol/ids.ts";

/** What a dispatcher object offers to the run it works for. */
export interface DispatcherApi {
  /** Sends the call and gives its outcome; large results are stored, and come as references. */
  execute(call: AttemptCall): Promise<AttemptReply>;
  /** The outcome of this attempt is not wanted any more. */
  abort(taskId: TaskId, attempt: number): Promise<void>;
}
