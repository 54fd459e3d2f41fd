"""Where a server listens; light, so that the command line knows its defaults without KServe."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One host, one port for each protocol."""

    host: str = "127.0.0.1"
    http_port: int = 8080
    grpc_port: int = 8081

    @property
    def http(self) -> str:
        """Where v1 and v2 over REST are answered, as ``host:port``."""
        return f"{self.host}:{self.http_port}"

    @property
    def grpc(self) -> str:
        """Where v2 over gRPC is answered, as ``host:port``."""
        return f"{self.host}:{self.grpc_port}"
