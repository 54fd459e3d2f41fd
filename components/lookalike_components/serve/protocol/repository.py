"""KServe's model repository extension, closed: its routes would let every client take a model out of service."""

from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from lookalike_components.serve.refusals import NotAllowed


class ClosedRepository(ModelRepositoryExtension):
    """Tells which models there are, and neither loads nor unloads any for a client."""

    async def load(self, model_name: str) -> None:
        """Refuses.

        Raises:
            NotAllowed: Always.
        """
        raise _refusal("load")

    async def unload(self, model_name: str) -> None:
        """Refuses.

        Raises:
            NotAllowed: Always.
        """
        raise _refusal("unload")


def _refusal(verb: str) -> NotAllowed:
    return NotAllowed(f"models are not {verb}ed by clients; a release is switched by POST /release")
