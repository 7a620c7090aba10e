"""What a node can do: one module for each type of logic, all behind `logic.Logic`, all in `table.KINDS`."""
