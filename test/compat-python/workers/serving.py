"""Starts a Stepflow server with whatever version of the SDK is installed: 0.7, 0.9 and 0.11 spell it differently."""

import asyncio
import sys

try:
    from stepflow_py.worker import StepflowContext, StepflowServer
except ImportError:  # 0.7
    from stepflow_py import StepflowContext, StepflowServer

__all__ = ["StepflowContext", "StepflowServer", "serve"]


def serve(server: StepflowServer) -> None:
    """Serves until it is killed, on the port of the command line or on a free one."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    try:
        from stepflow_py.http_server import StepflowHttpServer
    except ImportError:
        asyncio.run(server.run(host="127.0.0.1", port=port))
    else:  # 0.7 wraps a server instead
        asyncio.run(StepflowHttpServer(server, host="127.0.0.1", port=port).run())
