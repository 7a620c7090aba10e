"""The documented `$.functions(…)`: one module per family, and `table`, which names them all.

What holds for every function:

- It is compiled when the process is read. What can't be is a `BadReference` that says why and where; a sum, digest or
  conversion that holds no reference is computed then, once, and so is the constant part of a sum.
- Nothing raises when it runs. A function that has no value for the data at hand (a division by zero, a sum with a text,
  `$.map` of what is no array) gives `MISSING`, the empty value: where a number, object or array is wanted that is the
  documented `…_wrong_convert_param`, in text it is nothing, in a condition it meets nothing. No page says what the
  vendor's engine does, but that `$.map` of what is no array gives an empty result.
- It is bounded in time, and what it reads and makes is taken from the scope's room.
- What can be turned back into a secret (base64 of one) is a secret itself: see the scope's `hidden`. A digest is not.

The language inside `$.map` and `$.filter`, and what is refused of it, is described in the package `erlang`.

What no page says, or two say differently, is said with what was chosen in the module of the family.
"""
