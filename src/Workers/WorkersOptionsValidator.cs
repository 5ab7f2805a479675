using Microsoft.Extensions.Options;

namespace Espalier.Workers;

[OptionsValidator]
internal sealed partial class WorkersOptionsValidator : IValidateOptions<WorkersOptions>;
