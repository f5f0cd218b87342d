"""Why a report can be trusted: documents, passages, citations. No model, no I/O."""
