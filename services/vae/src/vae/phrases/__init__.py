"""The blend by phrases: its context, its plan and composition, what the models decode for it, its assembly."""
