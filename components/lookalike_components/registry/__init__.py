"""The releases of an artifact store, and which of them is the champion."""
