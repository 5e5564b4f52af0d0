"""How a line of the operations table becomes a method, with the generated code's signature.

Nobody retypes a parameter: types, documentation and checks of arguments all come from the schema.
"""
