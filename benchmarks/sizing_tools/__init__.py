"""The sizing problem stated in oemof.solph and PyPSA, each in its own environment.

Both tools state what `milpcore.sizing` states (a heat pump on waste heat, a gas boiler, a store),
with their own components as far as these go, and hand it to HiGHS through their own interface.
`statement` turns an instance into plain numbers, `oemof_model` and `pypsa_model` are run by the
interpreter of an environment that has the tool (`environments`) and import nothing of milpcore;
`call` runs them and reads back the tables of decisions.

**Components.** Sizes are investments (oemof: `Investment` in a `NonConvex` flow; PyPSA: committable
and extendable links), with minimum load, on and off, least times on and off. The pump is a
converter (link) with electricity and waste heat as inputs; waste heat is a source with a fixed
profile, the rest of it goes to a sink (generator with a negative sign) that pays for cooling water.
The store is a `GenericStorage` (`StorageUnit`) with both efficiencies and the loss, the latter
converted to what keeps the same share of a step.

**Added by hand, in both.**

- Load changes: a binary ``y(t)`` a unit, ``|q(t) - q(t - 1)| <= N y(t)`` with the largest size as N
  and ``sum of y over a window <= 1``. Neither tool has it. With ``load_changes=False`` it is left
  out, here and there.
- Charge and discharge together are at most the rate (one row a step).
- The state before the first step is free, as here. oemof: rows of the first step are taken out.
  PyPSA: the unit is said to have run for long, and the row that would notice a stop at the first
  step is taken out.
- oemof's least time on forbids a start that the horizon's end cuts short; these rows are stated
  anew for what is left of the horizon. PyPSA does as we do.
- PyPSA's cyclic store has no given level: one row says that it ends half full.

**Left out, in both.** That a store never charges and discharges at once. It would need a binary a
step, which makes the search slower; their bounds are valid without, and their tables are checked
for it. Ours always keeps to it.

Both tools need a largest size of every investment for their big-M rows: the peak demand for the
heat pump and the boiler, a day of the mean demand for the store. The same limits are given to
`milpcore.sizing` in the comparison (`statement.limited`).
"""
